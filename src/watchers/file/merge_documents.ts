import { idKey, idOf } from "../../api/mod.ts";
import type { AnyResource, ResourceId } from "../../api/mod.ts";
import { isSourceRef, makeReport } from "../../report/mod.ts";
import type { Report } from "../../report/mod.ts";
import type { Claim, Claimant } from "./claims.ts";
import type { ReadDocument } from "./read_documents.ts";

/** What a file holds: its own resources, last good forms, and what is wrong. */
export interface FileContent {
  readonly claims: readonly Claim[];
  readonly reports: readonly Report[];
}

export interface MergeCircumstances {
  /** False while the file may still be being written: then nothing is taken away. */
  readonly final: boolean;
  /** The form of a resource from before the file was first read, if there is one. */
  readonly lastGood: (id: ResourceId) => AnyResource | undefined;
}

/**
 * Lays what was read of a file over what it held before. A document that cannot be decoded keeps its resource's last
 * good form. Where a document does not even tell which resource it is, all that the file had and has no more is kept: any
 * of it may be meant. A file that lost all its documents keeps them, and is reported.
 */
export function mergeDocuments(
  file: Claimant,
  before: readonly Claim[],
  documents: readonly ReadDocument[],
  { final, lastGood }: MergeCircumstances,
): FileContent {
  const old = new Map(before.map((claim) => [idKey(idOf(claim.resource)), claim]));
  const claims: Claim[] = [];
  for (const { resource, index, part, specPath, line } of documents) {
    if (resource) claims.push({ file, index, part, specPath, line, held: false, resource });
  }
  for (const { resource } of claims) old.delete(idKey(idOf(resource)));
  const failed = documents.filter(({ resource, reports }) => !resource && reports.length > 0);
  for (const document of failed) {
    const { index, part, specPath, line } = document;
    // Without an identity, what stood in the file is kept as a whole (below); at the first look a likely one has to do.
    const id = document.id ?? (before.length === 0 ? likelyId(document) : undefined);
    const resource = id && (old.get(idKey(id))?.resource ?? lastGood(id));
    if (!resource) continue;
    claims.push({ file, index, part, specPath, line, held: true, resource });
    old.delete(idKey(id));
  }
  const missing = [...old.values()];
  const nameless = failed.filter(({ id }) => !id);
  const emptied = documents.length === 0 && missing.length > 0;
  if (nameless.length > 0 || emptied || !final) claims.push(...missing.map(hold));
  return {
    claims,
    reports: [
      ...documents.flatMap((document) =>
        document.id || document.resource ? document.reports : nameFrom(missing, document)
      ),
      ...(emptied && final ? missing.map(({ resource }) => emptiedReport(file, idOf(resource))) : []),
    ],
  };
}

/** The file cannot be read as a whole: everything in it keeps its last good form. */
export function holdAll(
  file: Claimant,
  before: readonly Claim[],
  fault: Omit<Report, "ref" | "path">,
  ref: ResourceId,
): FileContent {
  const refs = before.length > 0 ? before.map(({ resource }) => idOf(resource)) : [ref];
  const location = fault.location ?? { file: file.path };
  return {
    claims: before.map(hold),
    reports: refs.map((ref) => ({ ...makeReport(fault.severity, fault.code, ref, "", fault.message), location })),
  };
}

const hold = (claim: Claim): Claim => claim.held ? claim : { ...claim, held: true };

/** What the document says of itself, if not quite rightly; else what its place says. */
const likelyId = ({ reports, placeId }: ReadDocument): ResourceId | undefined =>
  reports.find(({ ref }) => !isSourceRef(ref))?.ref ?? placeId;

/**
 * A document that does not tell its name is most likely the resource that stood at its place before, or that the file's
 * own place names.
 */
function nameFrom(missing: readonly Claim[], { index, reports, placeId }: ReadDocument): readonly Report[] {
  const likely = missing.find((claim) => claim.index === index) ?? missing[0];
  const id = likely ? idOf(likely.resource) : placeId;
  if (!id) return reports;
  const { kind, namespace, name } = id;
  return reports.map((report) => isSourceRef(report.ref) ? { ...report, ref: { kind, namespace, name } } : report);
}

function emptiedReport(file: Claimant, id: ResourceId): Report {
  const message =
    `the file was emptied, and ${id.kind} ${id.namespace}/${id.name} is kept; delete the file to delete it`;
  return { ...makeReport("warning", "SLUICE-1105", id, "", message), location: { file: file.path } };
}
