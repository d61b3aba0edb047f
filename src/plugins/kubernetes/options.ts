import { shape } from "../../api/mod.ts";
import { subsetSpec } from "../loadbalancer/subset_spec.ts";

export const kubeUpstream = shape.message({
  serviceName: shape.string({ doc: "Name of the Service." }),
  serviceNamespace: shape.string({ doc: "Its namespace. Default: that of the Upstream." }),
  servicePort: shape.uint32({ doc: "One of the Service's ports, by number; not the port of the pods." }),
  selector: shape.map(shape.string(), { doc: "Only pods with these labels, among those of the Service." }),
  serviceSpec: shape.free(),
  subsetSpec: { ...subsetSpec, doc: "Subsets of the pods, by their labels." },
}, { doc: "A port of a Kubernetes Service." });

export const upstreamOptions = shape.oneof("upstreamType", { kube: kubeUpstream });

export type KubeUpstream = shape.Infer<typeof kubeUpstream>;
