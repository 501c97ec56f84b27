// Before the first paint: where no cookie chose, follow the system.
"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = root.dataset.theme;
  const follow = () => {
    root.dataset.theme = dark.matches ? "dark" : "light";
    dispatchEvent(new Event("themechange"));
  };
  if (chosen) return;
  follow();
  dark.addEventListener("change", () => document.cookie.includes("theme=") || follow());
})();
