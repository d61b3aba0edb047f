/** The executables that `deno task executables` made, and how they are started. */
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../.cache/executable/", import.meta.url));

/** As users have it. */
export const EXECUTABLE = `${FOLDER}sluice`;

/** The same, with attempts planted in the Worker and in a plugin. */
export const PLANTED = `${FOLDER}planted`;

/** A portable one unpacks itself here, and not into the home of whoever runs the tests. */
export const EXECUTABLE_ENV = { CACHE_DIRECTORY: `${FOLDER}cache` };

/** What the first is made of. */
export const BUNDLE = `${FOLDER}sluice.bundle`;
