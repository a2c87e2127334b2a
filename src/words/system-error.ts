/** What the system refuses: no fault of the program's, and told to a person in one line. */
export function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
