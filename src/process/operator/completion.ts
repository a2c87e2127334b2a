import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A place on the command line, and the words that may follow there. */
interface Place {
  path: string;
  commands: { name: string; summary: string }[];
  options: { flag: string; description: string }[];
}

/** The words of the program as a script for the shell, written from the program itself. */
export function completionOf(program: Command, shell: Shell): string {
  const places = placesOf(program, program.name());
  return shell === 'fish' ? fishOf(places) : bashOf(places, shell === 'zsh');
}

function placesOf(command: Command, path: string): Place[] {
  const options = [...command.options, command.createOption('-h, --help', 'show help')];
  return [
    {
      path,
      commands: command.commands.map((one) => ({ name: one.name(), summary: one.summary() || one.description() })),
      options: options.flatMap(({ long, description }) => (long ? [{ flag: long, description }] : [])),
    },
    ...command.commands.flatMap((one) => placesOf(one as Command, `${path} ${one.name()}`)),
  ];
}

/** Z shell reads what is written for bash. */
function bashOf(places: Place[], isZsh: boolean): string {
  const steps = places.slice(1).map(({ path }) => `"${path}"`);
  const cases = places.map(({ path, commands, options }) => {
    const words = [...commands.map(({ name }) => name), ...options.map(({ flag }) => flag)].join(' ');
    return `    "${path}") words="${words}" ;;`;
  });
  const begin = isZsh ? '#compdef switchyard\nautoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${begin}_switchyard() {
  local at="switchyard" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${steps.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _switchyard switchyard
`;
}

function fishOf(places: Place[]): string {
  const steps = places.slice(1).map(({ path }) => `'${path}'`);
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = places.flatMap(({ path, commands, options }) => {
    const here = `complete -c switchyard -n "__switchyard_at '${path}'"`;
    return [
      ...commands.map(({ name, summary }) => `${here} -f -a ${name} -d ${quoted(summary)}`),
      ...options.map(({ flag, description }) => `${here} -l ${flag.slice(2)} -d ${quoted(description)}`),
    ];
  });
  return `function __switchyard_at
  set -l at switchyard
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${steps.join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv"
end
${lines.join('\n')}
`;
}
