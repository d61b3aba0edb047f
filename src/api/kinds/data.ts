/** gloo.solo.io/v1: Secret and Artifact. */
import { bytes, free, list, map, message, oneof, string } from "../shape.ts";

const configs = map(free());

export const secretSpec = message({
  ...oneof("kind", {
    aws: message({ accessKey: string(), secretKey: string(), sessionToken: string() }),
    azure: message({ apiKeys: map(string()) }),
    tls: message({
      certChain: string({ doc: "PEM: the certificate, then its chain." }),
      privateKey: string({ doc: "PEM." }),
      rootCa: string({ doc: "PEM of the authorities that vouch for the other side." }),
      ocspStaple: bytes({ doc: "DER of the OCSP response, base64." }),
    }),
    oauth: message({ clientSecret: string() }),
    apiKey: message({ apiKey: string(), labels: list(string()), metadata: map(string()), uuid: string() }),
    header: message({ headers: map(string()) }),
    credentials: message({ username: string(), password: string() }),
    encryption: message({ key: string() }),
    extensions: message({ configs }),
  }),
});

export const artifactSpec = message({ data: map(string()) });
