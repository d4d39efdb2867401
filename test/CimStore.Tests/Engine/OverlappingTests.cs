using CimStore.Engine;
using Xunit;

namespace CimStore.Tests.Engine;

public sealed class OverlappingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_as_allowed_are_asked_at_once_and_answered_in_order()
    {
        var allAsked = new TaskCompletionSource();
        var (running, most) = (0, 0);

        var answers = await Overlapping.AskAsync(
            Enumerable.Range(0, 20).ToAsyncEnumerable(),
            async number =>
            {
                most = Math.Max(most, ++running);
                if (number == 3)
                {
                    allAsked.SetResult();
                }

                // The first waits for the fourth: asked one after the other, nobody would ever be answered.
                await allAsked.Task.WaitAsync(Token);
                running--;
                return number * 2;
            },
            4, Token).ToListAsync(Token);

        Assert.Equal(Enumerable.Range(0, 20).Select(number => number * 2), answers);
        Assert.Equal(4, most);
    }

    [Fact]
    public async Task A_failure_is_told_after_all_that_was_asked_has_ended()
    {
        var ended = 0;
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(async () => await Overlapping.AskAsync(
            Enumerable.Range(0, 20).ToAsyncEnumerable(),
            async number =>
            {
                await Task.Yield();
                Interlocked.Increment(ref ended);
                return number == 2 ? throw new InvalidOperationException("third") : number;
            },
            4, Token).ToListAsync(Token));

        Assert.Equal("third", failure.Message);
        Assert.InRange(ended, 3, 6);
    }
}
