using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>`cimstore check` behind a node says what it says without one.</summary>
public sealed class ServedCheckTests : IDisposable
{
    private readonly Cimstore _program = new();

    public void Dispose() => _program.Dispose();

    [Fact, Trait("row", "J12")]
    public async Task Damage_under_a_serving_node_is_the_same_finding_as_after_it_was_stopped()
    {
        var small = _program.Write("small", new string('s', 5000));
        var large = _program.Write("large", new byte[2_000_000]);
        string[] served;
        string[] alone;
        await using (var node = await ServedStore.StartAsync(_program))
        {
            (await _program.RunAsync("put", small, large)).Ok();
            (await _program.RunAsync("check")).Ok();
            FlipLog();
            Flip(Assert.Single(Directory.GetFiles(
                Path.Combine(_program.Data, "large"), "*.blob", SearchOption.AllDirectories)), 70);

            served = await FindAsync("--quick", "--server", node.Address);

            // Held by the node: the command finds it by itself.
            Assert.Equal(served, await FindAsync("--quick", "--data", _program.Data));
            Assert.Equal(0, await node.StopAsync());
        }

        alone = await FindAsync("--quick", "--data", _program.Data);
        Assert.Equal(served, alone);
        Assert.Contains(alone, line => line.Contains("damaged record", StringComparison.Ordinal));
        Assert.Contains(alone, line => line.Contains(".blob is damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_served_check_reads_every_copy_and_a_rebuild_says_what_to_do_instead()
    {
        var large = _program.Write("large", new byte[2_000_000]);
        await using var node = await ServedStore.StartAsync(_program);
        var cid = (await _program.RunAsync("put", large)).Ok().Cid;
        Flip(Assert.Single(Directory.GetFiles(
            Path.Combine(_program.Data, "large"), "*.blob", SearchOption.AllDirectories)), 1_000_000);

        var check = await _program.RunAsync("check");
        var rebuild = await _program.RunAsync("rebuild", "--yes");
        var remote = await _program.RunExactlyAsync(null, "rebuild", "--yes", "--server", node.Address);

        Assert.Equal(1, check.ExitCode);
        Assert.Contains($"content\tNOT WELL\t{cid} is bad. hot: ", check.Text, StringComparison.Ordinal);
        Assert.EndsWith("0 verified (0 B), 1 bad, 0 missing", check.Lines[^1], StringComparison.Ordinal);
        rebuild.Fails(7, "stop it, then rebuild");
        remote.Fails(4, "stop it, then rebuild");
        Assert.Contains("cimstore check", rebuild.Error, StringComparison.Ordinal);
        Assert.Contains("cimstore check", remote.Error, StringComparison.Ordinal);
    }

    private async Task<string[]> FindAsync(params string[] arguments)
    {
        var check = await _program.RunExactlyAsync(null, ["check", "--json", .. arguments, "--force-unsafe"]);
        Assert.Equal(1, check.ExitCode);

        // What is on the disk in all is another number after a stop.
        return [.. check.Lines.Where(line => !line.Contains("\"space\"", StringComparison.Ordinal))];
    }

    /// <summary>In the middle of the content that is all one letter.</summary>
    private void FlipLog()
    {
        foreach (var segment in Directory.GetFiles(Path.Combine(_program.Data, "log"), "*.seg"))
        {
            var at = File.ReadAllBytes(segment).AsSpan().IndexOf(new string('s', 1000).Select(c => (byte)c).ToArray());
            if (at >= 0)
            {
                Flip(segment, at + 500);
                return;
            }
        }

        Assert.Fail("The content is in no segment.");
    }

    private static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        var was = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(was ^ 1));
    }
}
