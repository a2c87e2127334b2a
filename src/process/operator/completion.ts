import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A place on the command line, and the words that may follow there. */
interface Place {
  path: string;
  commands: { name: string; summary: string }[];
  /** What an argument may be, where that is known: anything else is taken for a file. */
  choices: readonly string[];
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
      choices: choicesOf(command),
      options: options.flatMap(({ long, description }) => (long ? [{ flag: long, description }] : [])),
    },
    ...command.commands.flatMap((one) => placesOf(one as Command, `${path} ${one.name()}`)),
  ];
}

function choicesOf(command: Command): readonly string[] {
  if (command.name() === 'help') return command.parent?.commands.map((one) => one.name()) ?? [];
  return command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
}

/** Z shell reads what is written for bash. */
function bashOf(places: Place[], isZsh: boolean): string {
  const steps = places.slice(1).map(({ path }) => `"${path}"`);
  const cases = places.map(({ path, commands, choices, options }) => {
    const flags = options.map(({ flag }) => flag);
    const words = commands.length > 0 ? [...commands.map(({ name }) => name), ...flags] : choices;
    return `    "${path}") words="${words.join(' ')}" flags="${flags.join(' ')}" ;;`;
  });
  const begin = isZsh ? '#compdef switchyard\nautoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${begin}_switchyard() {
  local at="switchyard" word words="" flags="" last="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${steps.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  # Without a hyphen it may be the name of a file, which the shell completes where nothing is said here.
  if [[ $last == -* ]]; then words="$flags"; fi
  COMPREPLY=($(compgen -W "$words" -- "$last"))
}
complete -o default -F _switchyard switchyard
`;
}

function fishOf(places: Place[]): string {
  const steps = places.slice(1).map(({ path }) => `'${path}'`);
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = places.flatMap(({ path, commands, choices, options }) => {
    const here = `complete -c switchyard -n "__switchyard_at '${path}'"`;
    return [
      ...commands.map(({ name, summary }) => `${here} -f -a ${name} -d ${quoted(summary)}`),
      ...choices.map((choice) => `${here} -f -a ${choice}`),
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
