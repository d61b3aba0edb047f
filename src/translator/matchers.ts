import { type Origin, pathTextFault, type ProxyMatcher, regexFault, regexMatcher } from "../api/mod.ts";
import type { Message } from "../envoy/mod.ts";
import { at, type Faults } from "./origins.ts";

type RouteMatch = Message<"envoy.config.route.v3.RouteMatch">;
type HeaderMatcher = Message<"envoy.config.route.v3.HeaderMatcher">;
type QueryParameterMatcher = Message<"envoy.config.route.v3.QueryParameterMatcher">;
type StringMatcher = Message<"envoy.type.matcher.v3.StringMatcher">;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Where a matcher stands, how large its regexes may be, and where faults go. */
interface Place {
  readonly origin: Origin;
  readonly regexMaxProgramSize: number | undefined;
  readonly faults: Faults;
}

/** The Envoy form of a matcher; faults are of code SLUICE-1330. No path means "/", also with headers or methods. */
export function routeMatch(
  matcher: ProxyMatcher,
  origin: Origin,
  regexMaxProgramSize: number | undefined,
  faults: Faults,
): RouteMatch {
  const place: Place = { origin, regexMaxProgramSize, faults };
  const headers = [
    ...(matcher.headers ?? []).map((header, i) => headerMatch(header, i, place)),
    ...methodMatch(matcher, place),
  ];
  const queryParameters = (matcher.queryParameters ?? []).map((parameter, i) => queryMatch(parameter, i, place));
  return {
    ...pathMatch(matcher, place),
    ...(headers.length > 0 && { headers }),
    ...(queryParameters.length > 0 && { queryParameters }),
  };
}

function pathMatch(matcher: ProxyMatcher, place: Place): RouteMatch {
  const { prefix, pathSeparatedPrefix, exact, regex, connectMatcher, caseSensitive } = matcher;
  if (connectMatcher) return { connectMatcher: {} };
  if (regex !== undefined) return { safeRegex: checkedRegex(regex, "regex", place) };
  const casing = caseSensitive === undefined ? {} : { caseSensitive: { value: caseSensitive } };
  if (exact !== undefined) {
    if (exact === "") fault(place, "exact", "an exact path is never empty; the shortest is /");
    checkPath(exact, "exact", place);
    return { path: exact, ...casing };
  }
  if (pathSeparatedPrefix !== undefined) {
    checkSeparated(pathSeparatedPrefix, place);
    return { pathSeparatedPrefix, ...casing };
  }
  checkPath(prefix ?? "", "prefix", place);
  return { prefix: prefix || "/", ...casing };
}

/** Envoy takes two characters or more, without a query, that end in no slash. */
function checkSeparated(text: string, place: Place): void {
  if (/^[^?#]+[^?#/]$/.test(text)) checkPath(text, "pathSeparatedPrefix", place);
  else {fault(
      place,
      "pathSeparatedPrefix",
      `${JSON.stringify(text)} has to be a path like /shop, without a / at its end`,
    );}
}

function checkPath(text: string, field: string, place: Place): void {
  const found = pathTextFault(text);
  if (found) fault(place, field, found);
}

function headerMatch(
  { name = "", value = "", regex, invertMatch }: Header,
  index: number,
  place: Place,
): HeaderMatcher {
  const path = `headers[${index}]`;
  if (!TOKEN.test(name.replace(/^:/, ""))) {
    fault(place, `${path}.name`, `${JSON.stringify(name)} is not the name of a header`);
  }
  return {
    name,
    ...(value === "" && !regex
      ? { presentMatch: true }
      : { stringMatch: textMatch(value, regex, `${path}.value`, place) }),
    ...(invertMatch && { invertMatch: true }),
  };
}
type Header = NonNullable<ProxyMatcher["headers"]>[number];

function queryMatch({ name = "", value = "", regex }: Parameter, index: number, place: Place): QueryParameterMatcher {
  const path = `queryParameters[${index}]`;
  if (name === "" || name.length > 1024) {
    fault(place, `${path}.name`, "the name of a query parameter has 1 to 1024 characters");
  }
  if (value === "" && !regex) return { name, presentMatch: true };
  return { name, stringMatch: textMatch(value, regex, `${path}.value`, place) };
}
type Parameter = NonNullable<ProxyMatcher["queryParameters"]>[number];

function textMatch(value: string, regex: boolean | undefined, path: string, place: Place): StringMatcher {
  if (regex) return { safeRegex: checkedRegex(value, path, place) };
  if (/[\0\r\n]/.test(value)) fault(place, path, `${JSON.stringify(value)} holds a character that no header can have`);
  return { exact: value };
}

function checkedRegex(text: string, path: string, place: Place): Message<"envoy.type.matcher.v3.RegexMatcher"> {
  const found = regexFault(text, place.regexMaxProgramSize);
  if (!found) return regexMatcher(text, place.regexMaxProgramSize);
  fault(place, path, found);
  return { regex: text };
}

/** One matcher on `:method`, a regex where there are several methods (as in Gloo). */
function methodMatch({ methods = [] }: ProxyMatcher, place: Place): HeaderMatcher[] {
  if (methods.length === 0) return [];
  methods.forEach((method, i) => {
    if (!TOKEN.test(method)) fault(place, `methods[${i}]`, `${JSON.stringify(method)} is not an HTTP method`);
  });
  if (methods.length === 1) return [{ name: ":method", stringMatch: { exact: methods[0] } }];
  const regex = methods.map((method) => method.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return [{ name: ":method", stringMatch: { safeRegex: checkedRegex(regex, "methods", place) } }];
}

function fault({ faults, origin }: Place, path: string, message: string): void {
  faults.error("SLUICE-1330", at(origin, path), message);
}
