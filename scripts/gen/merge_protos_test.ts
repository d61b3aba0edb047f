import assert from "node:assert/strict";
import protobuf from "protobufjs";
import { mergeProtos, removeField } from "./merge_protos.ts";

const THEIRS = `
  syntax = "proto3";
  package acme.v3;
  message Pet {
    string name = 1;
    oneof home { string stable = 2; }
    enum Kind { CAT = 0; DOG = 1; }
    Kind kind = 3;
  }`;

const pet = (text: string) => `syntax = "proto3"; package acme.v3; message Pet { ${text} }`;

/** What becomes of THEIRS when a file of ours is merged into it. */
function merged(ours: string): protobuf.Root {
  const root = parsed(THEIRS);
  mergeProtos(root, parsed(ours), "protos/acme.proto");
  root.resolveAll();
  return root;
}

function parsed(text: string): protobuf.Root {
  const root = new protobuf.Root();
  protobuf.parse(text, root, { keepCase: true });
  return root;
}

const fields = (root: protobuf.Root, type: string) =>
  root.lookupType(type).fieldsArray.map(({ name, id, partOf }) => [name, id, partOf?.name]);

const PET_FIELDS = [["name", 1, undefined], ["stable", 2, "home"], ["kind", 3, undefined]];

Deno.test("new fields join the message that is there, in its oneof where they name it", () => {
  const root = merged(pet("Owner owner = 4; message Owner { string name = 1; } oneof home { string barn = 5; }"));
  assert.deepEqual(
    fields(root, "acme.v3.Pet").toSorted(),
    [...PET_FIELDS, ["owner", 4, undefined], ["barn", 5, "home"]].sort(),
  );
  assert.deepEqual(root.lookupType("acme.v3.Pet").oneofs.home!.oneof, ["stable", "barn"]);
  assert.equal(root.lookupType("acme.v3.Pet").fields.owner!.resolvedType, root.lookupType("acme.v3.Pet.Owner"));
});

Deno.test("a new oneof, a new message and a new package are taken whole", () => {
  const root = merged(pet("oneof food { string hay = 4; string oats = 5; }"));
  assert.deepEqual(root.lookupType("acme.v3.Pet").oneofs.food!.oneof, ["hay", "oats"]);
  const other = merged(`syntax = "proto3"; package acme.v4; message Zoo { acme.v3.Pet pet = 1; }`);
  assert.deepEqual(fields(other, "acme.v4.Zoo"), [["pet", 1, undefined]]);
  assert.deepEqual(fields(other, "acme.v3.Pet"), PET_FIELDS);
});

Deno.test("a field that is there already is refused, with the file that has it", () => {
  assert.throws(
    () => merged(pet("string name = 1;")),
    /protos\/acme\.proto: \.acme\.v3\.Pet\.name is in the npm package by now/,
  );
});

Deno.test("a number that another field has is refused", () => {
  assert.throws(() => merged(pet("string breed = 1;")), /duplicate id 1/);
});

Deno.test("an enum takes new values, and known ones under their numbers alone", () => {
  const root = merged(pet("enum Kind { CAT = 0; COW = 2; }"));
  assert.deepEqual({ ...root.lookupEnum("acme.v3.Pet.Kind").values }, { CAT: 0, DOG: 1, COW: 2 });
  assert.throws(
    () => merged(pet("enum Kind { DOG = 0; }")),
    /protos\/acme\.proto: \.acme\.v3\.Pet\.Kind\.DOG is 1, not 0/,
  );
});

Deno.test("a message under the name of an enum is refused", () => {
  assert.throws(() => merged(pet("message Kind {}")), /\.acme\.v3\.Pet\.Kind is already there as something else/);
});

Deno.test("a field is taken out of its message, and one that is not there is an error", () => {
  const root = parsed(THEIRS);
  removeField(root, "acme.v3.Pet.kind");
  removeField(root, "acme.v3.Pet.stable");
  assert.deepEqual(fields(root, "acme.v3.Pet"), PET_FIELDS.slice(0, 1));
  assert.deepEqual(root.lookupType("acme.v3.Pet").oneofs.home!.fieldsArray, []);
  assert.throws(
    () => removeField(root, "acme.v3.Pet.kind"),
    /protos\/messages\.txt: there is no field acme\.v3\.Pet\.kind/,
  );
  assert.throws(() => removeField(root, "acme.v3.Pet"), /there is no field acme\.v3\.Pet/);
});
