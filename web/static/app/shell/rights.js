// What whoever looks may do, as the server says with the page: nothing else is asked for or offered.

const told = document.documentElement.dataset.may;
const MAY = told === undefined ? null : new Set(told.split(" "));

/**
 * @param {string} action An action of the table of rights; where the page says nothing, the server's answers
 *   do.
 */
export const may = (action) => MAY === null || MAY.has(action);

// What may not be seen is told as what is not there: an address may have come from a colleague who sees more.
/**
 * @param {string} action
 * @param {any} tell
 */
export const orGone = (action, tell) =>
  may(action) ? tell : () => Promise.reject(Object.assign(new Error(action), { status: 404 }));
