/** The laptop's own account, and a second one: the spoke of whoever's calls are to run there. */
export const ACCOUNT = '111122223333';
export const SPOKE_ACCOUNT = '444455556666';

export const LOCAL_HUB = { stage: 'local', partition: 'aws', account: ACCOUNT };
