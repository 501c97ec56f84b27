export function field() {}
