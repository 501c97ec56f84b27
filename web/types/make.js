// Types of the API from its OpenAPI document: node types/make.js DOCUMENT OUT.

import { readFile, writeFile } from "node:fs/promises";

import openapiTS, { astToString } from "openapi-typescript";

const [, , document, out] = process.argv;
const types = astToString(await openapiTS(JSON.parse(await readFile(document, "utf8"))));
// Where the document leaves a bag of properties open, it is open for the page.
await writeFile(out, types.replaceAll("[key: string]: unknown", "[key: string]: any"));
