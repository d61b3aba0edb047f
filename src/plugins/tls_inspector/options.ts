/** The filter hangs on what the listener serves; there is nothing to set. */
export const options = {};
