/** partition -> its regions' names. Closed: a partition unknown here is one where nobody has tried this. */
const PARTITIONS = {
  aws: /^(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]{4,12}-[1-9]$/,
  'aws-us-gov': /^us-gov-(?:east|west)-[1-9]$/,
  'aws-cn': /^cn-(?:north|northwest)-[1-9]$/,
  'aws-eusc': /^eusc-[a-z]{2}-(?:east|west|north|south|central)-[1-9]$/,
} as const;

export type Partition = keyof typeof PARTITIONS;

/** @returns the partition that has regions so named, or undefined; it says nothing about whether the region exists */
export function partitionOf(region: string): Partition | undefined {
  return (Object.keys(PARTITIONS) as Partition[]).find((partition) => PARTITIONS[partition].test(region));
}

export function isPartition(text: string): text is Partition {
  return Object.hasOwn(PARTITIONS, text);
}
