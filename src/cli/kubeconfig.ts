import { KubeConfig } from "@kubernetes/client-node";
import type { Credentials } from "../kubernetes/mod.ts";
import { UsageError } from "./command.ts";

/** What client-node fills in for an HTTPS request. */
interface HttpsOptions {
  readonly headers?: Record<string, string>;
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

/**
 * Credentials of a kubeconfig, as client-node reads it: certificates, tokens, and programs that make tokens (exec plugins).
 * This is for `main` alone: the library wants more memory than all else together, and the Worker may run no program.
 */
export class Kubeconfig {
  readonly server: string;
  readonly path: string;
  readonly #context: string | undefined;
  #config: KubeConfig;
  #asking: Promise<Credentials> | undefined;

  private constructor(path: string, context: string | undefined, config: KubeConfig, server: string) {
    this.path = path;
    this.#context = context;
    this.#config = config;
    this.server = server;
  }

  /** Throws a {@link UsageError} where the file cannot be read, or says what Deno cannot do. */
  static read(path: string, context: string | undefined): Kubeconfig {
    const config = load(path, context);
    const cluster = config.getCurrentCluster();
    const refuse = (why: string): never => {
      throw new UsageError(`the kubeconfig ${path}: ${why}`);
    };
    if (!cluster) return refuse(`there is no context ${context ?? config.getCurrentContext()} with a cluster`);
    if (cluster.skipTLSVerify) refuse("insecure-skip-tls-verify is not served; give certificate-authority");
    if (cluster.tlsServerName) {
      refuse("tls-server-name is not served; the server's certificate has to have its address");
    }
    if (cluster.proxyUrl) refuse("proxy-url is not served");
    if (!cluster.server.startsWith("https://")) {
      refuse(`the server ${cluster.server} is not served; it should be https://`);
    }
    return new Kubeconfig(path, context, config, cluster.server.replace(/\/+$/, ""));
  }

  /** The program that makes its credentials (an exec plugin, or one of a provider), where there is one. */
  get program(): string | undefined {
    const user = this.#config.getCurrentUser();
    const provider = user?.authProvider?.config as { exec?: { command?: string }; "cmd-path"?: string } | undefined;
    return user?.exec?.command ?? provider?.exec?.command ?? provider?.["cmd-path"];
  }

  /**
   * What is valid now. Programs are run where they are asked for, at most so often as their tokens expire, and one that does
   * not end is not run a second time beside itself.
   */
  current(): Promise<Credentials> {
    return this.#asking ??= this.#ask().finally(() => this.#asking = undefined);
  }

  async #ask(): Promise<Credentials> {
    const options: HttpsOptions = {};
    await this.#config.applyToHTTPSOptions(options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
    const { headers = {}, ca, cert, key } = options;
    return {
      server: this.server,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      ...(ca !== undefined && { caCerts: [text(ca)] }),
      ...(cert !== undefined && key !== undefined && { cert: text(cert), key: text(key) }),
    };
  }

  /** Reads the file anew, and forgets all tokens. */
  renew(): void {
    this.#config = load(this.path, this.#context);
  }
}

function load(path: string, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (error) {
    throw new UsageError(`the kubeconfig ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  return config;
}

const text = (value: string | Uint8Array): string =>
  typeof value === "string" ? value : new TextDecoder().decode(value);
