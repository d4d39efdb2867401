using System.Runtime.CompilerServices;

namespace CimStore.Engine;

/// <summary>Asks for several things at once and tells the answers in the order of the questions.</summary>
internal static class Overlapping
{
    public static async IAsyncEnumerable<TAnswer> AskAsync<TQuestion, TAnswer>(
        IAsyncEnumerable<TQuestion> questions, Func<TQuestion, Task<TAnswer>> ask, int atOnceMax,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var asked = new Queue<Task<TAnswer>>(atOnceMax);
        try
        {
            await foreach (var question in questions.WithCancellation(cancellationToken))
            {
                asked.Enqueue(ask(question));
                if (asked.Count == atOnceMax)
                {
                    yield return await asked.Dequeue();
                }
            }

            while (asked.TryDequeue(out var next))
            {
                yield return await next;
            }
        }
        finally
        {
            // Whoever goes away must not leave anything running on a store that is about to be closed.
            await Task.WhenAll(asked).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}
