// Fonts for the map's labels: the page's own font files, fetched by character range as labels need them.

export const FONT = "Noto Sans SC Variable";

export function fontFaces() {
  const faces = [];
  for (const sheet of document.styleSheets) {
    if (!sheet.href?.includes("noto-sans-sc")) continue;
    for (const rule of sheet.cssRules) {
      const found = /url\("?([^")]+)"?\)/.exec(rule.style?.getPropertyValue("src") ?? "");
      if (!found) continue;
      const ranges = rule.style
        .getPropertyValue("unicode-range")
        .split(",")
        .map((r) => r.trim());
      faces.push({ url: new URL(found[1], sheet.href).href, "unicode-range": ranges });
    }
  }
  return faces;
}
