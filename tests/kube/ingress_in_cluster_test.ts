/** Ingresses of a cluster through a real Envoy, and the addresses in their statuses. */
import assert from "node:assert/strict";
import { createAuthority, issueCertificate } from "../../scripts/certificates.ts";
import { freePort, send, waitFor } from "../envoy/harness.ts";
import { shownTls, until } from "../envoy/traffic.ts";
import { backendOn } from "./backends.ts";
import { eventsOf, settings, withServed } from "./served.ts";
import { service, slice } from "./services.ts";
import { type Manifest, pathOf } from "./world.ts";

const ingress = (name: string, spec: object, annotations: Record<string, string> = {}): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name, namespace: "shop", annotations },
  spec,
});
const to = (name: string): object => ({ service: { name, port: { name: "http" } } });
const ingressClass = (name: string, controller = "sluice.dev/ingress"): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name },
  spec: { controller },
});
const rule = (host: string, path: string, pathType: string, backend: string): object => ({
  host,
  http: { paths: [{ path, pathType, backend: to(backend) }] },
});
const balancer: Manifest = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "edge" },
  spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80, targetPort: 8080 }] },
};

Deno.test("Ingresses of a cluster", async (test) => {
  const [authority, httpPort, httpsPort] = [await createAuthority("test ca"), freePort(), freePort()];
  const backends = ["one", "two", "rest"].map((name, i) => backendOn(`10.77.3.${i + 1}`, name));
  const own = (rest: object) => settings({ sluice: { ingress: { httpPort, httpsPort, ...rest } } });
  const rules = [rule("shop.test", "/cart", "Prefix", "one"), rule("shop.test", "/cart/exact", "Exact", "two")];
  const shop = ingress("shop", { ingressClassName: "edge", rules });
  const objects = [
    own({}),
    ingressClass("edge"),
    ingressClass("others", "example.com/other"),
    ...["one", "two", "rest"].flatMap((name, i) => [service(name), slice(name, [`10.77.3.${i + 1}`])]),
    shop,
    ingress("foreign", { ingressClassName: "others", rules: [rule("foreign.test", "/", "Prefix", "one")] }),
  ];
  try {
    await withServed({ objects, role: "gloo-system~ingress-proxy" }, async ({ world, apply }) => {
      const asked = async (host: string, path: string) => {
        const { status, body } = await send(httpPort, path, { host });
        return status === 200 ? body : status;
      };
      const addresses = async (object: Manifest) => {
        const { status } = await world.get(object);
        return (status as { loadBalancer?: { ingress?: object[] } } | undefined)?.loadBalancer?.ingress ?? [];
      };
      const balanced = (ingress: readonly object[]) =>
        world.server.request(
          "PATCH",
          `${pathOf(balancer)}/status`,
          { status: { loadBalancer: { ingress } } },
          "application/merge-patch+json",
        );

      /** Makes one more Ingress; once it is served, so is all that was changed before. */
      const served = async (name: string): Promise<Manifest> => {
        const one = ingress(name, { ingressClassName: "edge", rules: [rule(`${name}.test`, "/", "Prefix", "two")] });
        await apply(one);
        await until(name, () => asked(`${name}.test`, "/"), "two");
        return one;
      };

      await test.step("classes, path types and a default backend", async () => {
        const answers: [host: string, path: string, answer: string | number][] = [
          ["shop.test", "/cart/a", "one"],
          ["shop.test", "/cart/exact", "two"],
          ["shop.test", "/cartoon", 404],
          ["foreign.test", "/", 404],
        ];
        for (const [host, path, answer] of answers) await until(`${host}${path}`, () => asked(host, path), answer);
        await apply(ingress("rest", { ingressClassName: "edge", defaultBackend: to("rest") }));
        await until("the default backend", () => asked("foreign.test", "/"), "rest");
        assert.equal(await asked("shop.test", "/cartoon"), "rest");
      });

      await test.step("a class that is another controller's takes its Ingresses along, and back", async () => {
        await world.delete(ingressClass("edge"));
        await apply(ingressClass("edge", "example.com/other"));
        await until("nothing", () => asked("shop.test", "/cart/a").catch(() => "closed"), "closed");
        await world.delete(ingressClass("edge"));
        await apply(ingressClass("edge"));
        await until("all again", () => asked("shop.test", "/cart/a"), "one");
      });

      await test.step("addresses of the load balancer in their statuses, from when Settings name it", async () => {
        await apply(balancer);
        await balanced([{ ip: "192.0.2.1" }]);
        await served("before-settings");
        assert.deepEqual(await addresses(shop), []);
        await apply(own({ publishService: "gloo-system/edge" }));
        await until(
          "the address",
          () => addresses(shop),
          [{ ip: "192.0.2.1" }],
        );
        await balanced([{ hostname: "lb.test" }, { ip: "192.0.2.2" }]);
        await until("others", () => addresses(shop), [{ ip: "192.0.2.2" }, { hostname: "lb.test" }]);
        const late = ingress("late", { ingressClassName: "late", rules: [rule("late.test", "/", "Prefix", "one")] });
        await apply(late);
        await served("before-class");
        assert.deepEqual(await addresses(late), []);
        await apply(ingressClass("late"));
        await until("those of one whose class came later", () => addresses(late), [{ ip: "192.0.2.2" }, {
          hostname: "lb.test",
        }]);
        await world.delete(balancer);
        const later = await served("after-the-service");
        assert.equal((await addresses(shop)).length, 2, "DNS may rest on them");
        assert.deepEqual(await addresses(later), []);
        const foreign = ingress("foreign", {});
        assert.deepEqual(await addresses(foreign), []);
      });

      await test.step("TLS by the name that a client asks for", async () => {
        const { cert, key } = await issueCertificate(authority, { commonName: "safe", dnsNames: ["safe.test"] });
        await apply({
          ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "safe", namespace: "shop" } },
          ...{ type: "kubernetes.io/tls", data: { "tls.crt": btoa(cert), "tls.key": btoa(key) } },
        });
        const tls = [{ hosts: ["safe.test"], secretName: "safe" }];
        await apply(
          ingress("safe", { ingressClassName: "edge", tls, rules: [rule("safe.test", "/", "Prefix", "one")] }),
        );
        await until("it", () => shownTls(httpsPort, { sni: "safe.test", ca: authority.cert }), "one by safe");
        assert.equal(await shownTls(httpsPort, { sni: "shop.test", ca: authority.cert }), "refused");
        const { status, headers } = await send(httpPort, "/a", { host: "safe.test" });
        assert.deepEqual([status, headers.location], [308, "https://safe.test/a"]);
      });

      await test.step("what is wrong is told by Events of the Ingress, a line each", async () => {
        const faulty = ingress("faulty", {
          ingressClassName: "edge",
          tls: [{ hosts: ["faulty.test"], secretName: "nowhere" }],
          rules: [rule("faulty.test", "/a", "Prefix", "absent"), rule("shop.test", "/cart", "Prefix", "two")],
        });
        await apply(faulty);
        const events = await waitFor("the Events", async () => {
          const all = await eventsOf(world, "Ingress", "shop", "faulty");
          return all.length > 2 && all;
        });
        assert.deepEqual(events.sort(), [
          'Rejected SLUICE-1275 rules[1].http.paths[0].path: path "/cart" of host "shop.test" belongs to Ingress shop/shop; ' +
          "it is not served from here",
          "Rejected SLUICE-1314 tls[0].secretName: Secret shop/nowhere does not exist",
          "Warning SLUICE-1274 rules[0].http.paths[0].backend.service.name: Service shop/absent is not there; " +
          "until it is, requests are answered 503",
        ]);
        assert.equal(await asked("shop.test", "/cart/a"), "one");
      });

      await test.step("switched off and on", async () => {
        await apply(own({ enabled: false }));
        await until("nothing", () => asked("shop.test", "/cart/a").catch(() => "closed"), "closed");
        await apply(own({ enabled: true }));
        await until("all again", () => asked("shop.test", "/cart/a"), "one");
      });
    });
  } finally {
    await Promise.all(backends.map((each) => each.stop()));
  }
});
