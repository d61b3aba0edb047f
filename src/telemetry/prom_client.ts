/**
 * The parts of prom-client that are used, by name: a bundler gives a package of CommonJS that is imported when it is
 * wanted as `default` alone.
 */
export { Counter, Gauge, Histogram, Registry } from "prom-client";
