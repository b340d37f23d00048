import { Component, type ComponentChildren } from 'preact';
import { Fault } from './polled.tsx';

/** A page that fails shows why, and leaves the others as they are. */
export class Boundary extends Component<{ readonly children: ComponentChildren }, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {};

  override componentDidCatch(error: unknown) {
    console.error(error);
    this.setState({ error });
  }

  override render() {
    return this.state.error === undefined ? this.props.children : <Fault of={this.state.error} />;
  }
}
