// Rules for the page's modules: what is recommended, no HTML from strings, and the order of the wings.

import js from "@eslint/js";
import globals from "globals";

// A wing knows itself, those before it, and the shell, which knows none. Modules beside the wings wire them.
const WINGS = ["ground", "teams", "cases", "hotspots", "patrols", "response", "reports"];

const APP = "static/app";
const HTML = "Names and notes come from records: make elements with h(), never HTML from a string.";

const up = "^(\\.\\./)+";

// Forbids `from` to import what stands above it.
const below = (from, above) => ({
  files: [`${APP}/${from}/**/*.js`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          ...above.map((wing) => ({
            regex: `${up}${wing}/`,
            message: `${from} stands below ${wing}: wings register with the shell, and page.js wires them.`,
          })),
          {
            regex: `${up}(main|page|actions|map_webgl|map_plain)\\.js$`,
            message: "What wires the wings is imported by none.",
          },
        ],
      },
    ],
  },
});

export default [
  { ignores: ["static/vendor/**", "static/built/**", "node_modules/**"] },
  js.configs.recommended,
  {
    files: [`${APP}/**/*.js`],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-unused-vars": ["error", { args: "after-used", argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-console": "error",
      "no-shadow": ["error", { builtinGlobals: false }],
      "max-lines": ["error", 400],
      "max-len": ["error", { code: 110, ignoreRegExpLiterals: false }],
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "createContextualFragment"].map(
          (property) => ({ property, message: HTML }),
        ),
        { object: "document", property: "write", message: HTML },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name=/^(bind|set)(Tooltip|Popup)(Content)?$/]",
          message: "Leaflet takes strings as HTML: use tooltip() of shell/map/tooltip.js.",
        },
        {
          selector: "CallExpression[callee.property.name='setAttribute'][arguments.0.value=/^(style|on)/]",
          message: "The policy of the page forbids it: set properties and listeners.",
        },
      ],
    },
  },
  { files: [`${APP}/theme.js`], languageOptions: { sourceType: "script" } },
  ...WINGS.map((wing, i) => below(wing, WINGS.slice(i + 1))),
  below("shell", WINGS),
  {
    // The one place where words are handed to Leaflet, as an element.
    files: [`${APP}/shell/map/tooltip.js`],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["*.js", "tests/**/*.js", "types/*.js"],
    languageOptions: { sourceType: "module", globals: globals.node },
  },
];
