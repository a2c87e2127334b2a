/** Names as REST documents write them (`workspace_id`) and as the graph and the code do (`workspaceId`). */

const snakes = new Map<string, string>();

export function snake(camel: string): string {
  let name = snakes.get(camel);
  if (name === undefined) {
    name = camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (snakes.size < 10_000) snakes.set(camel, name);
  }
  return name;
}

export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
