// `$(NAME)` in arguments and variables. Unknown names stay as they are, `$$(NAME)` is the way to write one literally.
// https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/

export function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, mark: string, name: string) => {
    if (mark === "$") return "$";
    return Object.hasOwn(variables, name) ? variables[name]! : whole;
  });
}

/** The names that the text refers to. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\$(\$|\(([^)]*)\))/g)].flatMap(([, mark, name]) => (mark === "$" ? [] : [name!]));
}
