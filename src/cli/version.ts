/** Which moltbot this is. */
export { version } from "../../package.json";
