// Image references as Docker reads them: docker.io/library/x:tag@digest.

export interface ImageName {
  /** Without the default registry and without `library/`. */
  name: string;
  tag: string | undefined;
}

export function parseImage(image: string): ImageName {
  const [reference = ""] = image.split("@");
  const match = /^(.*?)(?::([\w][\w.-]{0,127}))?$/.exec(reference)!;
  const name = match[1]!.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  return { name, tag: match[2] };
}

/** A pattern without a tag fits every tag, or those it lists. No tag in the image means `latest`. */
export function matchImage(pattern: { image: string; tags?: string[] }, image: string): boolean {
  const [wanted, given] = [parseImage(pattern.image), parseImage(image)];
  if (wanted.name !== given.name) return false;
  const tag = given.tag ?? "latest";
  if (wanted.tag !== undefined) return wanted.tag === tag;
  return pattern.tags === undefined || pattern.tags.includes(tag);
}
