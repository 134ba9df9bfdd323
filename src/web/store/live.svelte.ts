import { liveQuery } from 'dexie';

/**
 * What a query of the store finds, now and after every change, also of another tab. Runs again when what `of` returns
 * changes. To be called while a component is made.
 */
export function live<Of, Result>(
  of: () => Of,
  query: (of: Of) => Promise<Result>,
): { readonly value: Result | undefined } {
  let value = $state.raw<Result | undefined>();
  $effect(() => {
    const now = of();
    const subscription = liveQuery(() => query(now)).subscribe({
      next: (result) => {
        value = result;
      },
    });
    return () => subscription.unsubscribe();
  });
  return {
    get value() {
      return value;
    },
  };
}
