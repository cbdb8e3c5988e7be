/** The workspace that everything is in, while a server has one. */
export const DEFAULT_WORKSPACE = "default";
