using Xunit;

namespace CimStore.Tests;

public sealed class HouseTests
{
    [Fact]
    public void The_root_is_found_from_the_test_binary() =>
        Assert.True(File.Exists(Path.Combine(Root(), "CimStore.slnx")));

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No CimStore.slnx above the test binary.");
    }
}
