using CimStore.Disk.Lifecycle;
using CimStore.Engine;
using CimStore.Objects;
using CimStore.Testing.Contracts;
using Xunit;

namespace CimStore.Adapters.Tests.Lifecycle;

public sealed class DueIndexTests : DueIndexContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cimstore-due-");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task It_remembers_how_far_it_read_and_begins_anew_on_another_journal()
    {
        var path = Path.Combine(_folder.FullName, "other");
        await using (var index = DueIndex.Open(path, Lsn.None))
        {
            await index.ApplyAsync([], new Lsn(12), Token);
        }

        await using (var same = DueIndex.Open(path, new Lsn(20)))
        {
            Assert.Equal(new Lsn(12), same.Seen);
        }

        await using var shorter = DueIndex.Open(path, new Lsn(3));

        Assert.Equal(Lsn.None, shorter.Seen);
    }

    protected override ValueTask<IDueIndex> OpenAsync() =>
        ValueTask.FromResult<IDueIndex>(DueIndex.Open(Path.Combine(_folder.FullName, "due"), Lsn.None));
}
