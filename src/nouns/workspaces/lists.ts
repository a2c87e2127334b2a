/** A list of a workspace, whose total is kept. */
export function below(name: string, workspaceId: string) {
  const where = [{ field: 'workspaceId', in: [workspaceId] }];
  return { name: `${name} of ${workspaceId}`, where, totals: [{ sign: 1 as const, where }] };
}
