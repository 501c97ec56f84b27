export function forms() {}
