/** Why the program cannot start or a command cannot run: one line for a person, exit 1. */
export class StartRefused extends Error {}

/** The words of a command are wrong: nothing was begun, exit 2. */
export class UsageRefused extends StartRefused {}
