/** The environment, as it is given to whoever reads of it. */
export type Env = Record<string, string | undefined>;
