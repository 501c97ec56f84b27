// Words for what the page's modules hand to each other. What the server says is in api.d.ts, which is made from its
// OpenAPI document; where that leaves a bag of properties open, it is open here.

import type { components, paths } from "./api";

declare global {
  type Schemas = components["schemas"];
  type Properties = Record<string, any>;
  type Point = [number, number];
  type Box = [number, number, number, number];

  interface Feature {
    type: "Feature";
    geometry: any;
    properties: Properties;
    bbox?: any;
  }

  type Workspace = Schemas["Workspace"];
  type Name = Schemas["Name"];
  type Days = Schemas["Days"];
  type Lang = "zh" | "en";
  type Pair = [zh: string, en: string];
  type Words = Record<string, Pair>;

  type Path = `${keyof paths & string}`;
  type OfApi<P extends string> = `/api/v1${P}` extends keyof paths ? paths[`/api/v1${P}`] : unknown;
  /** What the server answers to a GET; an address that is put together from parts may be any. */
  type Answer<P extends string> =
    OfApi<P> extends {
      get: { responses: { 200: { content: { "application/json": infer A } } } };
    }
      ? A
      : any;
  type Query<P extends string> =
    OfApi<P> extends { get: { parameters: { query?: infer Q } } }
      ? { [K in keyof Q]?: Q[K] | string | number | boolean | null }
      : Record<string, any>;

  interface View {
    z: number;
    lat: number;
    lon: number;
  }

  interface State {
    grid: string | null;
    level: number;
    domain: string | null;
    stage: string | null;
    kind: string | null;
    /** Flags, separated by commas; all must hold. */
    flag: string | null;
    text: string | null;
    outside: boolean;
    from: string | null;
    to: string | null;
    layers: string[];
    list: string;
    sel: string | null;
    hot: string | null;
    slice: string | null;
    plan: string | null;
    minute: string | null;
    reach: string | null;
    view: View | null;
  }

  type Child = Node | string | number | boolean | null | undefined | Child[];
  type Attribute =
    string | number | boolean | null | undefined | Record<string, any> | ((event: any) => unknown);
  type Attributes = Record<string, Attribute>;

  /** An error that can be told to a person; what the server says in both languages, where it said something. */
  interface Told extends Error {
    status?: number;
    code?: string;
    zh?: string;
    en?: string;
  }

  interface Column {
    name: string;
    num?: boolean;
    wide?: boolean;
    long?: boolean;
    unit?: string;
    sort(row: Properties): any;
    show(row: Properties): Child;
  }

  interface StoryShown {
    feature: any;
    title: string;
    kind?: Child;
    mark?: string;
    parts: Child;
  }

  /** What parts of the page may ask of the whole. */
  type Actions = Record<string, (...asked: any[]) => any>;

  /** What a wing draws on the WebGL map, and on the map without WebGL. */
  interface WingMap {
    sources(tilesOf: (layer: string) => string, bounds: any): Record<string, any>;
    strata: Record<string, () => any[]>;
    shades?: Record<string, (map: any, given: any, states: any) => void>;
    shown?: Record<string, string[]>;
    picks?: { layer: string; rank: number; exact?: boolean; act: PickAct }[];
    drag?: { layer: string; targets: string[] };
    images?(map: any): void;
  }

  type PickAct = (found: Properties, at: any, hitsOf: (layers: string[]) => Feature[]) => Properties;
  type Pick_ = (event: any, sel: string) => void;

  interface WingPlain {
    draws: Record<
      string,
      {
        draw(leaflet: any, feature: Feature, pick: Pick_): any;
        load?(query: Properties): Promise<Feature[]>;
        switched?: boolean;
      }
    >;
    shades?: Record<string, (given: any) => (key: string) => string | undefined>;
  }
}
