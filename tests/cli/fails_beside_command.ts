/** Run before main.ts: a promise that nobody waits for is rejected while a command is loading. */
console.log = () => {};
const pending = Promise.withResolvers<never>();
Object.defineProperty(Deno, "exit", {
  value: ((exit) => (code: number) => {
    Object.defineProperty(Deno, "exit", { value: exit });
    if (code !== 0) exit(code);
    pending.reject(new TypeError("planted"));
  })(Deno.exit),
  configurable: true,
});
