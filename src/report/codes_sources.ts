/** Codes of the sources that resources are read from. */
export const SOURCE_CODES = {
  "SLUICE-1101": "a file or folder cannot be read",
  "SLUICE-1102": "a file is too large",
  "SLUICE-1103": "a file is not UTF-8",
  "SLUICE-1104": "a symbolic link leads outside of the directories that Sluice reads, or in a circle",
  "SLUICE-1105": "a file was emptied; its resources are kept until it is filled or deleted",
  "SLUICE-1106": "a resource is defined twice; the first keeps its name",
  "SLUICE-1107": "a directory of the configuration is missing; what was read from it is kept",
  "SLUICE-1108": "a source cannot be read; what it gave before is kept",
  "SLUICE-1109": "a source is late; Sluice started without it",
  "SLUICE-1110": "a directory cannot be watched; it is looked at every second instead",
  "SLUICE-1111": "a directory is empty and not the one that was read before; what was read from that is kept",
  "SLUICE-1112": "an object cannot be read as it is; what it was before is kept",
  "SLUICE-1113": "a status cannot be written",
} as const;
