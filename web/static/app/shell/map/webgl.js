// Whether the browser can draw the map on WebGL.

/** @type {any} */
let answer = null;

export function supported() {
  if (answer === null) {
    try {
      const context = document.createElement("canvas").getContext("webgl2");
      answer = Boolean(context);
      context?.getExtension("WEBGL_lose_context")?.loseContext();
    } catch {
      answer = false;
    }
  }
  return answer;
}
