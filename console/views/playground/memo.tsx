import { Component, type ComponentType } from 'preact';

/** The same component, drawn anew only when one of its properties is another: what is over costs nothing while more is said. */
export function memo<Props extends object>(Drawn: ComponentType<Props>): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const names = new Set([...Object.keys(this.props), ...Object.keys(next)]) as Set<keyof Props>;
      return [...names].some((name) => !Object.is(this.props[name], next[name]));
    }

    override render(props: Props) {
      return <Drawn {...props} />;
    }
  };
}
