/** A style sheet, which the build puts beside the script that imports it. */
declare module '*.css';
