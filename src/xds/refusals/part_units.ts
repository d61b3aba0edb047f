import type { XdsResource } from "../resource.ts";
import { hasField } from "../../envoy/mod.ts";
import type { PartHold } from "./client_hold.ts";
import { type Part, type PartedType, partsOf, serverNamesOf } from "./parts.ts";
import { standInRoute } from "./stand_ins.ts";
import type { Unit } from "./units.ts";

interface PartedForms {
  readonly type: PartedType;
  /** What the client accepted last. */
  readonly before: XdsResource | undefined;
  readonly after: XdsResource;
  /** Of a virtual host. */
  readonly configuration?: string;
  /** The resource as a whole, which is held where a part cannot be held by itself. */
  readonly whole: Unit;
}

/**
 * The parts that are new in a resource. A part is another form of the one with its match. Where matches were edited: routes that
 * came and those that went between the same neighbours are one unit, so that one is shown or the other and never none; a filter
 * chain is another form of those that went and had one of its server names.
 */
export function partUnits(forms: PartedForms): Unit[] {
  const { type, before, after } = forms;
  const old = before ? partsOf(before, type).parts : [];
  const { parts } = partsOf(after, type);
  const oldByKey = new Map(old.map((part) => [part.key, part]));
  const keys = new Set(parts.map(({ key }) => key));
  const edited = parts.flatMap((part) => {
    const last = oldByKey.get(part.key);
    return last && last.version !== part.version ? [unitOf(forms, [part], [last])] : [];
  });
  const isCommon = (key: string) => keys.has(key) && oldByKey.has(key);
  const units = type === "listener" ? chainUnits(forms, old, parts, isCommon) : gapUnits(forms, old, parts, isCommon);
  return [...edited, ...units];
}

/** The same, and what is around the parts where that is another too: nothing of it is shown without that. */
export function framedUnits(forms: PartedForms): Unit[] {
  const { type, before, after, whole } = forms;
  const parts = partUnits(forms);
  const isSame = before && partsOf(before, type).frameVersion === partsOf(after, type).frameVersion;
  return isSame ? parts : [whole, ...parts.map((part) => ({ ...part, parent: whole }))];
}

type IsCommon = (key: string) => boolean;

function gapUnits(forms: PartedForms, old: readonly Part[], parts: readonly Part[], isCommon: IsCommon): Unit[] {
  const gone = gaps(old, isCommon);
  return [...gaps(parts, isCommon)].flatMap(([place, news]) => {
    const last = gone.get(place) ?? [];
    return last.length > 0 ? [unitOf(forms, news, last)] : news.map((part) => unitOf(forms, [part], []));
  });
}

function chainUnits(forms: PartedForms, old: readonly Part[], parts: readonly Part[], isCommon: IsCommon): Unit[] {
  let gone = old.filter(({ key }) => !isCommon(key));
  return parts.filter(({ key }) => !isCommon(key)).map((part) => {
    const names = new Set(serverNamesOf(part.bytes));
    const last = gone.filter(({ bytes }) => serverNamesOf(bytes).some((name) => names.has(name)));
    gone = gone.filter((one) => !last.includes(one));
    return unitOf(forms, [part], last);
  });
}

/** Parts of keys that are not common, by the common one before them. */
function gaps(parts: readonly Part[], isCommon: IsCommon): Map<string, Part[]> {
  const found = new Map<string, Part[]>();
  let place = "";
  for (const part of parts) {
    if (isCommon(part.key)) place = part.key;
    else found.set(place, [...found.get(place) ?? [], part]);
  }
  return found;
}

/** Field number of `typed_per_filter_config` in envoy.config.route.v3.Route. */
const PER_FILTER = 13;

/** Whether a route may guard access by a filter of its own: without it, requests would go round that. */
function guards(route: Uint8Array): boolean {
  return hasField(route, PER_FILTER);
}

function unitOf(
  { type, before, after, configuration, whole }: PartedForms,
  parts: readonly Part[],
  last: readonly Part[],
): Unit {
  const hold: Omit<PartHold, "instead" | "shows"> = {
    what: "part",
    type,
    name: after.name,
    configuration,
    refused: parts.map(({ version }) => version),
    parts: parts.map(({ bytes }) => bytes),
    refs: before?.refs ?? {},
  };
  const shows = last.length > 0 ? "last accepted" : "nothing";
  const kept = [{ ...hold, shows, instead: last.map(({ bytes }) => bytes) } as const];
  const standIn = type === "virtualHost" && last.length === 0;
  const open = parts.every(({ bytes }) => !guards(bytes)) ? [kept] : [];
  const closed = [{ ...hold, shows: "500", instead: parts.map(({ bytes }) => standInRoute(bytes)) } as const];
  return { resource: after.name, kept, forms: [...(standIn ? [closed, ...open] : [kept]), ...whole.forms] };
}
