/** Run before main.ts: what a command prints ends it by an error that nobody expected. */
console.log = () => {
  throw new TypeError("planted");
};
