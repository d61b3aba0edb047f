/** Kubernetes' own Secret and ConfigMap, read as Gloo's Secret and Artifact. */
import { isMapping } from "./compile.ts";
import type { Cursor } from "./cursor.ts";
import { scalarReader } from "./scalar.ts";
import { nearest } from "./suggest.ts";

type Document = Readonly<Record<string, unknown>>;

/** The spec that the object stands for, or why it stands for none; undefined where an error or warning was put down. */
export type CoreSpec = { readonly spec: unknown } | { readonly skipped: string } | undefined;

/** Values of a Secret: canonical base64 by key. */
type Data = ReadonlyMap<string, string>;

/** Reads YAML or JSON text into plain values; throws where it is none. */
export type ParseText = (text: string) => unknown;

/** Types of Secrets that Sluice reads, the usual ones first. */
const OWN_TYPES = [
  "Opaque",
  "kubernetes.io/tls",
  "extauth.solo.io/apikey",
  "extauth.solo.io/oauth",
  "extauth.solo.io/accountcredentials",
  "gloo.solo.io.EncryptionKeySecret",
  "gloo.solo.io/header",
];

/** Types of Secrets that are known to be somebody else's, so that nothing need be said of them. */
const TYPES_OF_OTHERS: ReadonlySet<unknown> = new Set([
  "bootstrap.kubernetes.io/token",
  "helm.sh/release.v1",
  "istio.io/ca-root",
  "istio.io/key-and-cert",
  "kubernetes.io/basic-auth",
  "kubernetes.io/dockercfg",
  "kubernetes.io/dockerconfigjson",
  "kubernetes.io/service-account-token",
  "kubernetes.io/ssh-auth",
]);

const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";

/** A ConfigMap is an Artifact, unless it is the record of a leader election. `binaryData` is not read, as in Gloo. */
export function artifactOfConfigMap(document: Document): CoreSpec {
  if (annotation(document, LEADER_ANNOTATION) !== undefined) return { skipped: "v1 ConfigMap of a leader election" };
  return { spec: { data: document.data } };
}

/** The Secret that a Kubernetes Secret stands for. Messages never show values. */
export function secretOfSecret(document: Document, at: Cursor, parseText: ParseText): CoreSpec {
  const before = at.faults.length;
  const data = readData(document, at);
  if (TYPES_OF_OTHERS.has(document.type) && !hasAwsKeys(data)) return { skipped: `v1 Secret of type ${document.type}` };
  const found = at.faults.length === before ? convert(document, data, at, parseText) : undefined;
  return at.faults.length === before ? found : undefined;
}

/** Gloo's converters in Gloo's order; the first that fits wins. */
function convert(document: Document, data: Data, at: Cursor, parseText: ParseText): CoreSpec {
  const type = document.type || "Opaque";
  if (typeof type !== "string") return wrongType(at);
  if (type === "kubernetes.io/tls") return data.size === 0 ? withoutData(at) : tlsSecret(data, at);
  if (hasAwsKeys(data)) {
    const sessionToken = "aws_session_token";
    return texts(data, at, { accessKey: "aws_access_key_id", secretKey: "aws_secret_access_key", sessionToken }, "aws");
  }
  switch (type) {
    case "extauth.solo.io/apikey":
      return apiKeySecret(data, at);
    case "extauth.solo.io/oauth":
      return required(data, at, type, ["client-secret"]) && texts(data, at, { clientSecret: "client-secret" }, "oauth");
    case "extauth.solo.io/accountcredentials":
      return required(data, at, type, ["username", "password"]) &&
        texts(data, at, { username: "username", password: "password" }, "credentials");
    case "gloo.solo.io.EncryptionKeySecret":
      return required(data, at, type, ["key"]) && texts(data, at, { key: "key" }, "encryption");
    case "Opaque":
      if (annotation(document, "resource_kind") === "*v1.Secret") return annotatedSecret(data, at, parseText);
      return data.size === 0 ? withoutData(at) : headerSecret(data, at);
    case "gloo.solo.io/header":
      return headerSecret(data, at);
    default:
      return unknownType(type, at);
  }
}

const hasAwsKeys = (data: Data): boolean => data.has("aws_access_key_id") && data.has("aws_secret_access_key");

function wrongType(at: Cursor): undefined {
  at.push("type");
  at.error("SLUICE-1003", "expected text");
  at.pop();
}

function unknownType(type: string, at: Cursor): undefined {
  const near = nearest(type, OWN_TYPES);
  const advice = near ? `, did you mean ${near}?` : "; Opaque and kubernetes.io/tls are usual";
  at.push("type");
  at.warning("SLUICE-1009", `a Secret of this type is not read${advice}`);
  at.pop();
}

/** Where there are faults already, a field that was meant for data is most likely among them. */
function withoutData(at: Cursor): undefined {
  if (at.faults.length > 0) return;
  at.warning("SLUICE-1009", "a Secret without data is of no use: fill in data or stringData");
}

function annotation(document: Document, name: string): unknown {
  const { metadata } = document;
  return isMapping(metadata) && isMapping(metadata.annotations) ? metadata.annotations[name] : undefined;
}

const readBase64 = scalarReader({ type: "bytes", wrapper: false });

/** `data`, with `stringData` laid over it as the API server does. */
function readData(document: Document, at: Cursor): Data {
  const data = new Map<string, string>();
  for (const field of ["data", "stringData"] as const) {
    const given = document[field] ?? {};
    at.push(field);
    if (!isMapping(given)) at.error("SLUICE-1003", "expected a mapping");
    else {
      for (const [key, value] of Object.entries(given)) {
        at.push(key);
        const encoded = field === "data" ? readBase64(value ?? "") : encodeText(value ?? "");
        if ("value" in encoded) data.set(key, String(encoded.value));
        else at.error(encoded.code, field === "data" ? "expected base64 text" : "expected text: quote it");
        at.pop();
      }
    }
    at.pop();
  }
  return data;
}

const readText = scalarReader({ type: "string", wrapper: false });

function encodeText(value: unknown): ReturnType<typeof readText> {
  const text = readText(value);
  if (!("value" in text)) return text;
  return { value: btoa(String.fromCharCode(...new TextEncoder().encode(String(text.value)))) };
}

/** The value as text; undefined with a fault where it is not UTF-8. */
function textOf(data: Data, key: string, at: Cursor): string | undefined {
  const encoded = data.get(key);
  if (encoded === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0)));
  } catch {
    at.push("data");
    at.push(key);
    at.error("SLUICE-1009", "expected UTF-8 text");
    at.pop();
    at.pop();
    return undefined;
  }
}

/** One of Gloo's secrets whose fields each come from one key. */
function texts(data: Data, at: Cursor, keys: Readonly<Record<string, string>>, secret: string): CoreSpec {
  const fields = Object.entries(keys).map(([field, key]) => [field, textOf(data, key, at)]);
  return { spec: { [secret]: Object.fromEntries(fields) } };
}

function required(data: Data, at: Cursor, type: string, keys: readonly string[]): true | undefined {
  const missing = keys.filter((key) => !data.has(key));
  if (missing.length === 0) return true;
  at.error("SLUICE-1009", `a Secret of type ${type} needs ${missing.join(" and ")} in its data`);
  return undefined;
}

function tlsSecret(data: Data, at: Cursor): CoreSpec {
  return {
    spec: {
      tls: {
        certChain: textOf(data, "tls.crt", at),
        privateKey: textOf(data, "tls.key", at),
        rootCa: textOf(data, "ca.crt", at),
        ocspStaple: data.get("tls.ocsp-staple"),
      },
    },
  };
}

function apiKeySecret(data: Data, at: Cursor): CoreSpec {
  if (!required(data, at, "extauth.solo.io/apikey", ["api-key"])) return undefined;
  const others = [...data.keys()].filter((key) => key !== "api-key");
  const metadata = Object.fromEntries(others.map((key) => [key, textOf(data, key, at)]));
  return { spec: { apiKey: { apiKey: textOf(data, "api-key", at), metadata } } };
}

function headerSecret(data: Data, at: Cursor): CoreSpec {
  if (data.size === 0) {
    at.error("SLUICE-1009", "a Secret of headers needs at least one key in its data");
    return undefined;
  }
  return {
    spec: { header: { headers: Object.fromEntries([...data.keys()].map((key) => [key, textOf(data, key, at)])) } },
  };
}

/** solo-kit's own form: the annotation says so, and each key holds one field of the Secret as YAML. */
function annotatedSecret(data: Data, at: Cursor, parseText: ParseText): CoreSpec {
  const spec: Record<string, unknown> = {};
  for (const key of data.keys()) {
    try {
      spec[key] = parseText(textOf(data, key, at) ?? "null");
    } catch {
      at.error("SLUICE-1009", `the key ${key} is not YAML`);
      return undefined;
    }
  }
  return { spec };
}
