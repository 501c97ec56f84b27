// The library's ES module has the types of its package.
declare module "leaflet/dist/leaflet-src.esm.js" {
  export * from "leaflet";
}
