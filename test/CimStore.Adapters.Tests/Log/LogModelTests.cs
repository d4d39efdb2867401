using CsCheck;
using Xunit;

namespace CimStore.Adapters.Tests.Log;

/// <summary>
/// Any sequence of commits, failing disks, deaths, power cuts, full segments and compactions leaves what a dictionary
/// of the acknowledged records would hold.
/// </summary>
public sealed class LogModelTests
{
    [Fact]
    public async Task A_log_is_a_dictionary_of_what_was_acknowledged() =>
        await Gen.Select(Gen.Int[0, 19], Gen.Int[0, 999]).Array[1, 60].SampleAsync(
            RunAsync, iter: 500, threads: 1);

    private static async Task RunAsync((int Kind, int Number)[] steps)
    {
        var model = new LogModel();
        foreach (var (kind, number) in steps)
        {
            await (kind switch
            {
                < 6 => model.CommitAsync(number),
                6 => model.SealAsync(number),
                7 => Do(() => model.Forget(number)),
                8 or 9 => model.CompactAsync(number),
                10 => model.ReopenAsync(isClean: true, fromCursor: false),
                11 => model.ReopenAsync(isClean: true, fromCursor: true),
                12 => model.ReopenAsync(isClean: false, fromCursor: number % 2 == 0),
                13 => model.CutPowerAsync(number),
                14 => Do(model.ReadEverything),
                _ => Do(() => model.Break(number)),
            });
        }

        model.ReadEverything();
        await model.ReopenAsync(isClean: false, fromCursor: false);
        await model.CutPowerAsync(steps.Length);
    }

    private static Task Do(Action step)
    {
        step();
        return Task.CompletedTask;
    }
}
