// Bundles the page: node bundle.js FOLDER. Names hold a hash of what they name, so a browser may keep files
// for good; beside each stands what is sent to those who take brotli or gzip, and manifest.json says which
// file is which.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompress, constants, gzip } from "node:zlib";
import { promisify } from "node:util";

import { build } from "esbuild";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const APP = join(HERE, "static/app");
const CSS = join(HERE, "static/css");
const WORKER = join(HERE, "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs");
const ICONS = join(HERE, "node_modules/@tabler/icons/icons");
const FONTS = "../vendor/noto-sans-sc/files/";
const TARGET = ["chrome109", "firefox115", "safari16.4"];
const SMALLEST = 1024;
const TEXT = /\.(js|css|svg)$/;

const [packed, zipped] = [promisify(brotliCompress), promisify(gzip)];

// Icons as masks inside the style sheet: `icon()` names a class.
const icons = {
  name: "icons",
  setup(bundler) {
    bundler.onResolve({ filter: /^icons:all$/ }, () => ({ path: "all", namespace: "icons" }));
    bundler.onLoad({ filter: /.*/, namespace: "icons" }, async () => {
      const lines = (await readFile(join(HERE, "icons.txt"), "utf8")).split("\n").map((line) => line.trim());
      const rules = lines
        .filter((line) => line && !line.startsWith("#"))
        .map(async (line) => {
          const svg = await readFile(join(ICONS, line.includes("/") ? "" : "outline", `${line}.svg`), "utf8");
          const small = svg
            .replace(/<!--[\s\S]*?-->/g, "")
            .replace(/\s+/g, " ")
            .replaceAll("> <", "><")
            .trim();
          const data = small
            .replaceAll('"', "'")
            .replaceAll("#", "%23")
            .replaceAll("<", "%3C")
            .replaceAll(">", "%3E");
          return `.icon-${basename(line)}{--icon:url("data:image/svg+xml,${data}")}`;
        });
      return { contents: (await Promise.all(rules)).join("\n"), loader: "css" };
    });
  },
};

// Font files stay where they are; a browser fetches those few whose characters it has to draw.
const fonts = {
  name: "fonts",
  setup(bundler) {
    bundler.onResolve({ filter: /\.woff2$/ }, ({ path }) => ({
      path: FONTS + basename(path),
      external: true,
    }));
  },
};

const common = {
  bundle: true,
  minify: true,
  legalComments: "eof",
  metafile: true,
  target: TARGET,
  absWorkingDir: HERE,
  logLevel: "warning",
  loader: { ".png": "dataurl" },
  plugins: [icons, fonts],
};

async function bundled(folder) {
  const modules = await build({
    ...common,
    entryPoints: { main: join(APP, "main.js"), desk: join(APP, "desk.js") },
    splitting: true,
    format: "esm",
    outdir: folder,
    entryNames: "[name]-[hash]",
    chunkNames: "part-[hash]",
  });
  const plain = await build({
    ...common,
    entryPoints: {
      theme: join(APP, "theme.js"),
      page: join(CSS, "index.css"),
      desk_style: join(CSS, "desk.css"),
      plain: join(CSS, "plain.css"),
      fonts: join(CSS, "fonts.css"),
    },
    outdir: folder,
    entryNames: "[name]-[hash]",
  });
  return { modules: modules.metafile.outputs, plain: plain.metafile.outputs };
}

// What the first view loads besides the entry: what it imports, and the map's library.
function early(outputs, entry) {
  const found = new Set();
  const follow = (path) => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind } of outputs[path].imports) if (kind === "import-statement") follow(next);
  };
  follow(entry);
  const library = Object.keys(outputs).find((path) =>
    /maplibre-gl[^/]*\.mjs$/.test(outputs[path].entryPoint ?? ""),
  );
  follow(library);
  return [...found].filter((path) => path !== entry);
}

async function main(folder) {
  await mkdir(folder, { recursive: true });
  const { modules, plain } = await bundled(folder);
  const worker = await readFile(WORKER);
  const hash = createHash("sha256").update(worker).digest("hex").slice(0, 8).toUpperCase();
  await writeFile(
    join(folder, `worker-${hash}.js`),
    String(worker).replace(/\s*\/\/# sourceMappingURL=\S+\s*$/, "\n"),
  );
  const entryOf = (name) =>
    Object.keys(modules).find((path) => modules[path].entryPoint?.endsWith(`app/${name}.js`));
  const entry = entryOf("main");
  const named = Object.fromEntries(
    Object.entries(plain)
      .filter(([, { entryPoint }]) => entryPoint)
      .map(([path]) => [basename(path).split("-")[0], basename(path)]),
  );
  const manifest = {
    ...named,
    main: basename(entry),
    desk: basename(entryOf("desk")),
    parts: early(modules, entry).map((path) => basename(relative(HERE, path))),
    worker: `worker-${hash}.js`,
  };
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await Promise.all(
    (await readdir(folder))
      .filter((name) => TEXT.test(name))
      .map(async (name) => {
        const body = await readFile(join(folder, name));
        if (body.length < SMALLEST) return;
        const best = {
          params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
        };
        await writeFile(join(folder, `${name}.br`), await packed(body, best));
        await writeFile(join(folder, `${name}.gz`), await zipped(body, { level: 9 }));
      }),
  );
}

await main(process.argv[2]);
