// Where somebody stands, as the browser tells it, and the system of coordinates in which this phone tells it.

const SYSTEM = "gridmap-phone-crs";
const WAITS_MS = 15_000;

/** @typedef {{lon: number, lat: number, accuracy: number}} Position */

// Browsers give positions to pages over TLS, and to those of the machine itself.
export const isAble = () => isSecureContext && "geolocation" in navigator;

export function phoneSystem() {
  return localStorage.getItem(SYSTEM) ?? "";
}

/** @param {string} system */
export function rememberSystem(system) {
  if (system) localStorage.setItem(SYSTEM, system);
  else localStorage.removeItem(SYSTEM);
}

/**
 * @param {number} most metres; what may be farther off than this is no position
 * @returns {Promise<Position | string>} or the key of the sentence that says why there is none
 */
export function takePosition(most) {
  if (!isAble()) return Promise.resolve("here_insecure");
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords: { longitude: lon, latitude: lat, accuracy } }) =>
        resolve(accuracy > most ? "here_failed" : { lon, lat, accuracy }),
      ({ code }) => resolve({ 1: "here_denied", 3: "here_late" }[code] ?? "here_failed"),
      { enableHighAccuracy: true, timeout: WAITS_MS },
    );
  });
}

/**
 * @param {number} accuracy metres
 * @param {number} poor metres
 */
export const accuracySaid = (accuracy, poor) => (accuracy > poor ? "here_poor" : "here_accuracy");
