/**
 * The house rules as a plugin of `deno lint`. The rules are data (house_rules.json): who may import whom, rooms entered
 * by their mod.ts, which rooms are pure, names, sizes. Test files are free to import what they test with.
 */
import rules from "./house_rules.json" with { type: "json" };

const IMPORTS = rules.imports as Readonly<Record<string, readonly string[]>>;

/** Room and path within src/ of a file, or undefined outside src/. */
function placeOf(filename: string): { room: string; rest: string; isTest: boolean } | undefined {
  const path = `/${filename.replaceAll("\\", "/")}`;
  const start = path.lastIndexOf("/src/");
  if (start < 0) return undefined;
  const inside = path.slice(start + "/src/".length);
  const slash = inside.indexOf("/");
  const isTest = /_(test|bench)\.ts$/.test(inside) || /(^|\/)test_[a-z_]+\.ts$/.test(inside);
  return { room: slash < 0 ? inside : inside.slice(0, slash), rest: slash < 0 ? "" : inside.slice(slash + 1), isTest };
}

/** The room and the file in it that an import of `specifier` in `filename` leads to; undefined for packages. */
function targetOf(filename: string, specifier: string): ReturnType<typeof placeOf> {
  if (!specifier.startsWith(".")) return undefined;
  return placeOf(new URL(specifier, `file://${filename.startsWith("/") ? "" : "/"}${filename}`).pathname);
}

type Node = { readonly type: string; readonly range: [number, number] } & Record<string, unknown>;

function sourceOf(node: Node): string | undefined {
  const source = node.source as { value?: unknown } | null | undefined;
  return typeof source?.value === "string" ? source.value : undefined;
}

const onImports = (check: (context: Deno.lint.RuleContext, node: Node, specifier: string) => void): Deno.lint.Rule => ({
  create(context) {
    const visit = (node: unknown): void => {
      const specifier = sourceOf(node as Node);
      if (specifier !== undefined) check(context, node as Node, specifier);
    };
    return {
      ImportDeclaration: visit,
      ExportNamedDeclaration: visit,
      ExportAllDeclaration: visit,
      ImportExpression: visit,
    };
  },
});

function report(context: Deno.lint.RuleContext, node: Node, message: string): void {
  context.report({ range: node.range, message });
}

const importTable = onImports((context, node, specifier) => {
  const from = placeOf(context.filename);
  const to = targetOf(context.filename, specifier);
  if (!from || !to || from.isTest || from.room === to.room || rules.everything.includes(from.room)) return;
  const allowed = IMPORTS[from.room];
  if (!allowed) report(context, node, `room ${from.room} is not in scripts/house_rules.json`);
  else if (!allowed.includes(to.room)) report(context, node, `${from.room} may not import ${to.room}`);
});

const roomDoor = onImports((context, node, specifier) => {
  const from = placeOf(context.filename);
  const to = targetOf(context.filename, specifier);
  if (!from || !to || from.isTest || from.room === to.room || to.rest === "" || to.rest === "mod.ts") return;
  report(context, node, `rooms are entered by their mod.ts: ${to.room}/mod.ts, not ${to.room}/${to.rest}`);
});

const pureRooms: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (!place || place.isTest || !rules.pure.includes(place.room)) return {};
    return {
      Identifier(node) {
        const parent = node.parent as unknown as Node;
        if (parent.type === "MemberExpression" && parent.property === (node as unknown) && !parent.computed) return;
        if (
          /^(Property|TSPropertySignature|PropertyDefinition)$/.test(parent.type) && parent.key === (node as unknown)
        ) return;
        if (rules.impureGlobals.includes(node.name)) {
          report(context, node as unknown as Node, `${place.room} is a pure room: no ${node.name} here`);
        }
      },
      MemberExpression(node) {
        const text = context.sourceCode.getText(node);
        if (rules.impureMembers.includes(text)) {
          report(context, node as unknown as Node, `${place.room} is a pure room: no ${text} here`);
        }
      },
    };
  },
};

const names: Deno.lint.Rule = {
  create(context) {
    const file = context.filename.replaceAll("\\", "/").split("/").at(-1)!;
    const check = (node: { id?: unknown }): void => {
      const id = node.id as ({ name: string } & Node) | null | undefined;
      if (!id) return;
      const banned = rules.bannedNames.find((word) => id.name.endsWith(word));
      if (banned) report(context, id, `${id.name}: say what it does instead of ${banned}`);
    };
    return {
      Program(node) {
        if (!/^[a-z0-9_.]+$/.test(file)) report(context, node as unknown as Node, `${file}: file names are snake_case`);
      },
      ClassDeclaration: check,
      FunctionDeclaration: check,
      TSTypeAliasDeclaration: check,
      TSInterfaceDeclaration(node) {
        check(node);
        if (/^I[A-Z]/.test(node.id.name)) report(context, node.id as unknown as Node, `${node.id.name}: no I prefix`);
      },
      TSEnumDeclaration(node) {
        report(context, node as unknown as Node, "no enum: a union of strings");
      },
      ExportDefaultDeclaration(node) {
        if (placeOf(context.filename)) report(context, node as unknown as Node, "no default export");
      },
    };
  },
};

const sizes: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (!place || place.isTest) return {};
    const lines = (node: unknown): number => {
      const text = context.sourceCode.getText(node as Deno.lint.Node);
      return text.split("\n").length;
    };
    const check = (node: unknown): void => {
      const count = lines(node);
      if (count > rules.longestFunction) {
        report(
          context,
          node as Node,
          `a function of ${count} lines wants splitting (${rules.longestFunction} at most)`,
        );
      }
    };
    return {
      Program(node) {
        const count = context.sourceCode.text.split("\n").length;
        if (count > rules.longestFile) {
          report(
            context,
            node as unknown as Node,
            `a file of ${count} lines wants a room (${rules.longestFile} at most)`,
          );
        }
      },
      FunctionDeclaration: check,
      "MethodDefinition > FunctionExpression": check,
      "VariableDeclarator > ArrowFunctionExpression": check,
    };
  },
};

/** Imported by name, these are the loose forms on Deno even from node:assert/strict: `equal(1, "1")` passes. */
const strictAsserts: Deno.lint.Rule = {
  create(context) {
    return {
      ImportSpecifier(node) {
        const parent = node.parent as unknown as Node;
        const name = (node.imported as { name?: string }).name ?? "";
        if (sourceOf(parent) === "node:assert/strict" && rules.looseAsserts.includes(name)) {
          report(context, node as unknown as Node, `${name} imported by name is loose: assert.${name}`);
        }
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "import-table": importTable,
    "room-door": roomDoor,
    "pure-rooms": pureRooms,
    names,
    sizes,
    "strict-asserts": strictAsserts,
  },
};

export default plugin;
