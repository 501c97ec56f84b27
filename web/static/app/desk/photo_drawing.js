// A photo drawn anew before it leaves the phone, so that place, time and camera stay on it.

const QUALITIES = [0.8, 0.65, 0.5, 0.35];

/**
 * @param {Blob} file
 * @param {number} side longest, in pixels
 * @param {number} most bytes
 * @returns {Promise<Blob | null>} a JPEG; nothing where the file cannot be read or made small enough
 */
export async function drawnAnew(file, side, most) {
  const found = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!found) return null;
  const shrink = Math.min(1, side / Math.max(found.width, found.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(found.width * shrink));
  canvas.height = Math.max(1, Math.round(found.height * shrink));
  const drawing = canvas.getContext("2d");
  if (!drawing) return null;
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(found, 0, 0, canvas.width, canvas.height);
  found.close();
  for (const quality of QUALITIES) {
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= most) return blob;
  }
  return null;
}

/** @param {Blob} picture */
export async function base64(picture) {
  let text = "";
  for (const byte of new Uint8Array(await picture.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}
