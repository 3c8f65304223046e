/** In the place of what the SDK asks, in a browser, which browser it is. */
export default undefined;
