// What modules ask of a document when they are loaded, for tests that need no browser.

globalThis.document = {
  documentElement: { lang: process.env.PAGE_LANG ?? "zh-CN", dataset: { api: "/api/v1", theme: "light" } },
};
