export function smallMaps() {}
